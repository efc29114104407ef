/** fast-check with documents that are the same in every run, so that a change that fails is the change's fault; PROPERTY_SEED gives others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20260101) });

export * from 'fast-check';
export default fc;
