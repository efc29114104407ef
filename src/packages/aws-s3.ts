/** Of `@aws-sdk/client-s3`. */
export { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
