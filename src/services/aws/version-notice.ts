/** The AWS SDK's notice about Node versions. */
import { importSdk } from '../import-sdk.js';

type AwsCore = typeof import('@aws-sdk/core/client');

/** On Node 20 the SDK prints in every run that later versions of it will not support that. It is for us to act on, not for users. */
export async function silenceVersionNotice(): Promise<void> {
  const core = await importSdk<AwsCore>('@aws-sdk/core/client').catch(() => undefined);
  if (core?.state) core.state.warningEmitted = true;
}
