/** Google Secret Manager. */
import { googlePlace } from '../../remotes/secret-names.js';
import type { Branch } from '../../tree/tree.js';
import { record, yamlOfList } from '../object-literal.js';
import type { MountedValue, MountParameters, RemoteReference, StorePlace, StoreProvider } from './provider.js';
import type { References } from './references.js';
import { accountOrSecret, type Settings, usage } from './settings.js';
import { GOOGLE } from './shapes/store-shapes.js';

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const PROJECT = /^(?:[a-z][-a-z0-9]{4,28}[a-z0-9]|\d{1,20})$/;
const LOCATION = /^[a-z]+-[a-z]+\d+$/;

export const gcpProvider: StoreProvider = {
  name: 'gcp',
  settings: ['project', 'location', 'credentials', 'service-account', 'cluster-name', 'cluster-location'],
  mountSettings: ['project', 'location'],
  mountParameters: ['auth'],
  mountDecodes: false,

  remoteOf({ to, layout }: StorePlace, key: string): RemoteReference {
    if (layout !== 'per_key') return { key: checkedName(to), property: key };
    return {
      key: checkedName(`${to}${to === '' || to.endsWith('-') || to.endsWith('_') ? '' : '-'}${key}`),
      property: undefined,
    };
  },

  field: 'gcpsm',
  shape: GOOGLE,
  storeSpec(settings: Settings, references: References): Branch {
    return record({
      projectID: projectOf(settings),
      location: locationOf(settings),
      auth: authSpec(settings, references),
    });
  },

  placeOf(named, fileName) {
    const place = googlePlace(named);
    if (!place) return undefined;
    const location: [string, string][] = place.location === undefined ? [] : [['location', place.location]];
    const settings = new Map([['project', place.project], ...location]);
    return { to: place.nameFor(fileName), settings };
  },

  mount(values: readonly MountedValue[], settings: Settings): MountParameters {
    const location = locationOf(settings);
    const parent = `projects/${projectOf(settings)}${location === undefined ? '' : `/locations/${location}`}`;
    const secrets = values.map(({ file, remote }) =>
      record({
        resourceName: `${parent}/secrets/${remote.key}/versions/latest`,
        path: file,
        extractJSONKey: remote.property,
      }),
    );
    const parameters = new Map([
      ['auth', 'pod-adc'],
      ['secrets', yamlOfList(secrets)],
    ]);
    return { provider: 'gcp', parameters };
  },
};

function authSpec(settings: Settings, references: References): Branch | undefined {
  const { account, credentials } = accountOrSecret(settings);
  if (credentials !== undefined) {
    const secretAccessKeySecretRef = references.secret(credentials, 'secret-access-credentials');
    return record({ secretRef: record({ secretAccessKeySecretRef }) });
  }
  if (account === undefined) return undefined;
  const workloadIdentity = record({
    clusterName: settings.text('cluster-name'),
    clusterLocation: settings.text('cluster-location'),
    serviceAccountRef: references.serviceAccount(account),
  });
  return record({ workloadIdentity });
}

function projectOf(settings: Settings): string {
  const project = settings.required('project').replace(/^projects\//, '');
  if (PROJECT.test(project)) return project;
  throw usage(`--project ${JSON.stringify(project)} is not a project of Google Cloud`);
}

function locationOf(settings: Settings): string | undefined {
  const location = settings.text('location');
  if (location === undefined || LOCATION.test(location)) return location;
  throw usage(`--location ${JSON.stringify(location)} is not a location`, 'Locations look like europe-west3.');
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw usage(
    `${JSON.stringify(name)} is not a name that Secret Manager takes`,
    'Names are made of letters, digits, _ and - (255 at most); --one-secret puts all keys into one.',
  );
}
