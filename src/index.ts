/** The public face of the library: the operations, their requests, and the errors they throw. */
export { type ErrorCode, EXIT_STATUS, SopsError } from './errors.js';
export type { FormatName } from './formats/registry.js';
export { type Checkup, type DoctorRequest, examineAll } from './operations/explain/doctor.js';
export type { Explanation } from './operations/explain/explanation.js';
export { explainFile, type WhyRequest } from './operations/explain/why.js';
export type { GroupChange, KeyChange } from './operations/key-changes.js';
export { decryptFile } from './operations/read/decrypt.js';
export { type FileStatusRequest, fileStatus } from './operations/read/filestatus.js';
export { type GetRequest, type GotValue, getValue } from './operations/read/get.js';
export { type ListedEntry, type Listing, type ListRequest, listFile } from './operations/read/list.js';
export { generateAgeKey } from './operations/recipients/generate-age-key.js';
export {
  type AddGroupRequest,
  addGroup,
  type DeleteGroupRequest,
  deleteGroup,
} from './operations/recipients/groups.js';
export { type InitOutcome, type InitRequest, initialize } from './operations/recipients/init.js';
export type { AffectedFile, Revocation } from './operations/recipients/revocation.js';
export {
  type RevokeOutcome,
  type RevokeRequest,
  type RevokeTalk,
  revokeRecipient,
} from './operations/recipients/revoke.js';
export { type RotateRequest, rotateFile } from './operations/recipients/rotate.js';
export {
  type FileChange,
  type UpdateKeysOutcome,
  type UpdateKeysRequest,
  type UpdateKeysTalk,
  type UpdateResult,
  updateKeys,
} from './operations/recipients/updatekeys.js';
export type { DecryptRequest, EncryptRequest, Input, Outcome, Output, SelectionFlags } from './operations/requests.js';
export { encryptFile } from './operations/write/encrypt.js';
export {
  type PublishOutcome,
  type PublishRequest,
  type PublishTalk,
  publishFiles,
} from './operations/write/publish.js';
export type { AuditAction, AuditLog, Host, Session } from './util/host.js';
export { sessionOf } from './util/session.js';
