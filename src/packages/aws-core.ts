/** Of `@aws-sdk/core` what it remembers of its notice about Node versions, of `@smithy/core` what stands in for files that the SDK would read. */
export { state } from '@aws-sdk/core/client';
export { externalDataInterceptor } from '@smithy/core/config';
