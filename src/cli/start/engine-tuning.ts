/** What V8 is told about the work to come, once it is known how large the input is (docs/decisions.md#engine-flags). */
import type { Host } from '../../util/host/host.js';

/** What is made of more bytes than that takes most of the memory. */
const LARGE = 1 << 22;
/** The inputs of a short run come to no more bytes than that: some five thousand values. */
const SHORT = { plaintext: 1 << 17, encrypted: 1 << 19 };
/** Of that, what has to be there for anything to be told at all. */
const LEAST = 1 / 16;
/** How much code the compiler that optimises may take into a function that it compiles: V8's own measure is 920. */
const INLINING = '--max-inlined-bytecode-size-cumulative=200';
/** From V8 13 on (Node 24) there is a faster compiler, which does well alone for longer. */
const TWO_COMPILERS = 13;
/** Up to V8 11 (Node 20) functions are optimised early, nine times as often as here. */
const EAGER = { upTo: 11, later: '--interrupt-budget=600000' };

/** The flag of the compiler that every V8 has. */
const OPTIMISER = 'opt';

/** A compiler that optimises, and from how many times a short run on that earns what it takes. */
interface Compiler {
  readonly flag: string;
  readonly from: number;
}

/** What a host tells of a run. */
type EngineTuning = Required<Pick<Host, 'prepareFor' | 'beforeWriting'>>;

/** The engine that runs the program. */
interface Engine {
  /** V8's; undefined where it is another engine. */
  readonly version: string | undefined;
  setFlag(flag: string): Promise<void>;
}

const OWN: Engine = {
  // Bun names a version of V8, and has another engine.
  version: process.versions.bun ? undefined : process.versions.v8,
  setFlag: async (flag) => (await import('node:v8')).setFlagsFromString(flag),
};

/**
 * Told of each input of a run, and of the first file that is written. Never throws: other runtimes have other flags.
 *
 * A run with a short input ends before code that was optimised for it is used: the compilers, which run beside the program, take up
 * to two fifths of its CPU. So they rest until the inputs of the run come to more. A few dozen values keep them busy with nothing, and V8 takes no code that
 * was kept under other flags: what such a run loads from then on (the client of a service, Node's own part for HTTP) would be compiled anew.
 * Writing a file loads sixteen modules of Node's own, so the flags are taken back before the first.
 *
 * Where the slower one works it takes less of what a function calls into that function, and is not asked for as early as up to V8 11: runs of a
 * second or two compile for a fifth of their time otherwise, and longer ones are no slower for it.
 *
 * For a large input the heap is looked through for garbage whenever it has grown by a fifth: by itself V8 lets it grow to more than
 * twice of what lives in it, and what is made of a large file is needed for a moment only. It costs up to a tenth of the time.
 */
export function engineTuning(engine: Engine = OWN): EngineTuning {
  const compilers = compilersOf(engine.version);
  const limits = [INLINING, ...(majorOf(engine.version) <= EAGER.upTo ? [EAGER.later] : [])];
  const resting = new Set<Compiler>();
  const slower = compilers.find(({ flag }) => flag === OPTIMISER);
  let isLimited = false;
  let hasWritten = false;
  let work = 0;
  const have = async (compiler: Compiler, isNeeded: boolean): Promise<void> => {
    if (isNeeded !== resting.has(compiler)) return;
    if (!resting.delete(compiler)) resting.add(compiler);
    await engine.setFlag(`--${isNeeded ? '' : 'no-'}${compiler.flag}`);
  };
  return {
    prepareFor: quietly(async ({ bytes, isEncrypted, keepsHeapSmall }) => {
      work += bytes / (isEncrypted ? SHORT.encrypted : SHORT.plaintext);
      if (work < LEAST) return;
      for (const compiler of compilers) await have(compiler, work >= compiler.from);
      if (slower && !isLimited && work >= slower.from) {
        isLimited = true;
        for (const limit of limits) await engine.setFlag(limit);
      }
      if (keepsHeapSmall && bytes > LARGE && compilers.length > 0) await engine.setFlag('--heap-growing-percent=20');
    }),
    beforeWriting: quietly(async () => {
      if (hasWritten) return;
      hasWritten = true;
      for (const compiler of compilers) await have(compiler, true);
    }),
  };
}

/** The same, for which nobody fails: nothing depends on it. */
function quietly<Given extends unknown[]>(task: (...given: Given) => Promise<void>) {
  return (...given: Given): Promise<void> => task(...given).catch(() => undefined);
}

function majorOf(version = ''): number {
  return Number.parseInt(version, 10);
}

function compilersOf(version: string | undefined): readonly Compiler[] {
  const major = majorOf(version);
  if (!(major >= 11)) return [];
  const isOnly = major < TWO_COMPILERS;
  return [{ flag: OPTIMISER, from: isOnly ? 1 : 16 }, ...(isOnly ? [] : [{ flag: 'maglev', from: 1 }])];
}
