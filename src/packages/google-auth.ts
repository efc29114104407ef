/** Of `google-auth-library`. */
export { Compute, GoogleAuth, gcpMetadata } from 'google-auth-library';
