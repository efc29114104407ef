/** A failure of a request that is no system error, in words meant for the user. */
export class HttpFailure extends Error {}
