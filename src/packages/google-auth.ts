/** Of `google-auth-library`. */
export { Compute, GoogleAuth, gcpMetadata, OAuth2Client } from 'google-auth-library';
