/** Generated documents of a given number of leaves: services with names, ports, flags, passwords and lists. */

function services(leaves) {
  return Array.from({ length: Math.ceil(leaves / 10) }, (_, at) => at);
}

function yaml(leaves) {
  return services(leaves)
    .map((at) =>
      [
        `service_${at}:`,
        `    name: svc-${at}`,
        `    port: ${8000 + at}`,
        '    enabled: true',
        '    db:',
        `        host: db-${at}.internal`,
        `        password: "p4ss-${at}-word"`,
        `        ratio: 0.${at + 1}`,
        '    tags:',
        '        - alpha',
        `        - beta-${at}`,
        `        - "quoted ${at}"`,
        `    note: the service number ${at}`,
        '',
      ].join('\n'),
    )
    .join('');
}

function json(leaves) {
  const entries = services(leaves).map((at) => [
    `service_${at}`,
    {
      name: `svc-${at}`,
      port: 8000 + at,
      enabled: true,
      db: { host: `db-${at}.internal`, password: `p4ss-${at}-word`, ratio: at + 0.5 },
      tags: ['alpha', `beta-${at}`, `quoted ${at}`],
      note: `the service number ${at}`,
    },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

export function documentOf(format, leaves) {
  return format === 'yaml' ? yaml(leaves) : json(leaves);
}
