/** Of `@aws-sdk/core`: what it remembers of its notice about Node versions. */
export { state } from '@aws-sdk/core/client';
