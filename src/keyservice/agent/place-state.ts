/** Whether what stands at the place of an agent is its user's alone; kept apart, since start-up reads where the place is. */
import { dirname } from 'node:path';
import { systemCode, systemReason } from '../../util/files/files.js';
import { lstatSync } from '../../util/files/fs.js';
import type { AgentSocket } from '../../util/host/host.js';

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** How a place looks: nothing is there, or what is there is the user's alone, or why it must not be used. */
export type PlaceState = 'absent' | 'own' | { readonly problem: string };

/** Looks at the socket and its folder. Others must not be able to put one there, or data keys would be handed to them. Never throws. */
export function placeState({ socket, userId }: AgentSocket): PlaceState {
  try {
    const folder = lstatSync(dirname(socket), { throwIfNoEntry: false });
    if (!folder) return 'absent';
    if (!folder.isDirectory()) return { problem: `${dirname(socket)} is not a folder` };
    if (folder.uid !== userId) return { problem: `${dirname(socket)} belongs to another user` };
    if ((folder.mode & OTHERS) !== 0) return { problem: `others can reach into ${dirname(socket)}` };
    const stats = lstatSync(socket, { throwIfNoEntry: false });
    if (!stats) return 'absent';
    if (!stats.isSocket()) return { problem: `${socket} is not a socket` };
    return stats.uid === userId ? 'own' : { problem: `${socket} belongs to another user` };
  } catch (cause) {
    if (systemCode(cause) === 'ENOTDIR') return 'absent';
    return { problem: `${socket} cannot be looked at: ${systemReason(cause)}` };
  }
}
