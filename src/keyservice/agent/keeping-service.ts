/** What an agent does for those who ask it: the memory, what is noted of it, and the keys that it uses itself. */
import type { AuditAction } from '../../util/host/host.js';
import type { KeyService } from '../keyservice.js';
import type { PartMemory } from '../part-memory.js';
import { agentQuestion, keyLabelOf } from './question.js';

export interface PartKeeping {
  readonly memory: PartMemory;
  /** Notes what is about to be done with a key. When it rejects, it must not be done. */
  note(action: AuditAction, label: string): Promise<void>;
}

/** Keys that an agent uses for others (SOPS's protocol): what they open is kept, what is kept is not opened again. */
export function keepingService(service: KeyService, { memory, note }: PartKeeping): KeyService {
  return {
    log: service.log,
    async wrap(key, part) {
      await note('agent-encrypt', await keyLabelOf(key));
      return service.wrap(key, part);
    },
    async unwrap(key, signal) {
      const label = await keyLabelOf(key);
      const question = agentQuestion(key);
      const part = await memory.recall(question, (stop) => service.unwrap(key, stop), { signal, label });
      // An entry that had to be mended is the client's to mend.
      if (agentQuestion(key) !== question) memory.forget(question);
      await note('agent-decrypt', label);
      return part;
    },
  };
}
