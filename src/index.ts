/** The public face of the library: the operations, their requests, and the errors they throw. */
export { type ErrorCode, EXIT_STATUS, SopsError } from './errors.js';
export type { FormatName } from './formats/store.js';
export { decryptFile } from './operations/decrypt.js';
export { type Checkup, type DoctorRequest, examineAll } from './operations/doctor.js';
export { encryptFile } from './operations/encrypt.js';
export type { Explanation } from './operations/explanation.js';
export { type FileStatusRequest, fileStatus } from './operations/filestatus.js';
export { generateAgeKey } from './operations/generate-age-key.js';
export { type AddGroupRequest, addGroup, type DeleteGroupRequest, deleteGroup } from './operations/groups.js';
export { type InitOutcome, type InitRequest, initialize } from './operations/init.js';
export type { GroupChange, KeyChange } from './operations/key-changes.js';
export { type PublishOutcome, type PublishRequest, type PublishTalk, publishFiles } from './operations/publish.js';
export type { DecryptRequest, EncryptRequest, Input, Outcome, Output, SelectionFlags } from './operations/requests.js';
export type { AffectedFile, Revocation } from './operations/revocation.js';
export { type RevokeOutcome, type RevokeRequest, type RevokeTalk, revokeRecipient } from './operations/revoke.js';
export { type RotateRequest, rotateFile } from './operations/rotate.js';
export {
  type UpdateKeysOutcome,
  type UpdateKeysRequest,
  type UpdateKeysTalk,
  type UpdateResult,
  updateKeys,
} from './operations/updatekeys.js';
export { explainFile, type WhyRequest } from './operations/why.js';
export type { AuditAction, AuditLog, Host } from './util/host.js';
