/** The AWS SDK's notice about Node versions. */

/** On Node 20 the SDK prints at every run that later versions will not support Node 20. That is for us to act on, not for users. */
export async function silenceVersionNotice(): Promise<void> {
  const { state } = await import('../../packages/aws-core.js');
  state.warningEmitted = true;
}
