/** Where services of AWS are asked in place of their usual addresses, as the user's environment and profile have it. */
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host/host.js';
import { type ReadFiles, servicesSettings } from './profiles.js';

/** Gives the endpoint of a service by its name in variables (`KMS`, `SECRETS_MANAGER`); empty for its usual one. Throws `key` for what is not a URL. */
export type EndpointOf = (service: string) => { readonly endpoint?: string };

/** A profile, its settings, and the files that it is of. */
export interface ChosenProfile {
  readonly profile: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly files: ReadFiles;
}

/**
 * The endpoints for a profile, in the order of the SDKs: the variable of the service, that for all, the service's in the section that the
 * profile names, that of the profile. The SDK for JavaScript itself would look into the environment of the process, and at the profile there.
 */
export async function endpointsFor({ profile, settings, files }: ChosenProfile, { env }: Host): Promise<EndpointOf> {
  const services = settings.get('services');
  const own = services ? await servicesSettings(services, files) : new Map<string, string>();
  const isIgnored = [env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, settings.get('ignore_configured_endpoint_urls')];
  if (isIgnored.find((one) => one)?.toLowerCase() === 'true') return () => ({});
  return (service) => {
    const variables = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'];
    const places: readonly (readonly [string, string | undefined])[] = [
      ...variables.map((name) => [name, env[name]] as const),
      [
        `the endpoint_url of ${service.toLowerCase()} in the services section ${services}`,
        own.get(`${service.toLowerCase()}.endpoint_url`),
      ],
      [`the endpoint_url of the AWS profile ${profile}`, settings.get('endpoint_url')],
    ];
    const [place, endpoint] = places.find(([, url]) => url) ?? [];
    if (!endpoint) return {};
    if (!URL.canParse(endpoint)) throw new SopsError('key', `${place} is not a URL`);
    return { endpoint };
  };
}
