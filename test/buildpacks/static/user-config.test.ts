import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDirectives } from '../../../buildpacks/static/src/nginx-directives.ts';
import { adaptUserConfig } from '../../../buildpacks/static/src/user-config.ts';

const root = mkdtempSync(join(tmpdir(), 'user-config-'));
const nginxDirectory = join(root, 'nginx');
const application = join(root, 'app');
beforeAll(() => {
  for (const folder of [join(nginxDirectory, 'etc/nginx'), join(nginxDirectory, 'usr/lib/nginx/modules'), join(application, 'conf.d')])
    mkdirSync(folder, { recursive: true });
  for (const file of ['nginx/etc/nginx/mime.types', 'nginx/usr/lib/nginx/modules/ngx_x.so', 'app/conf.d/a.conf', 'app/extra.conf'])
    writeFileSync(join(root, file), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const adapt = (text: string, file = 'nginx.conf') => adaptUserConfig(text, file, application, { nginxDirectory, modules: ['ngx_y'] });

describe('parseDirectives()', () => {
  it('knows words, quotes, blocks and comments', () => {
    const text =
      'user a; # b {\nhttp {\n  log_format x \'{"a": "b"}\';\n  map $uri $m { "~^/(a|b){2}$" 1; }\n  server { listen ${PORT}; location ~ \\.php$ { return 404; } }\n}\n';
    expect(parseDirectives(text, 'f').map(({ name, words, context }) => [context.join('/'), name, ...words.map((word) => word.text)])).toEqual([
      ['', 'user', 'a'],
      ['', 'http'],
      ['http', 'log_format', 'x', '\'{"a": "b"}\''],
      ['http', 'map', '$uri', '$m'],
      ['http/map', '"~^/(a|b){2}$"', '1'],
      ['http', 'server'],
      ['http/server', 'listen', '${PORT}'],
      ['http/server', 'location', '~', '\\.php$'],
      ['http/server/location', 'return', '404'],
    ]);
  });

  it.each([
    ['http {\n', 'Cannot read f:2: the block "http" is not closed'],
    ['a;\n}', 'Cannot read f:2: "}" closes nothing'],
    ['a\n{\nb c\n}', 'Cannot read f:3: "b" does not end with ";"'],
    ['a "b;', 'Cannot read f:1: a quote is not closed'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDirectives(text, 'f')).toThrow(message);
  });
});

describe('adaptUserConfig()', () => {
  it('replaces what only a machine has, and keeps the numbers of lines', () => {
    const { template, changes, honoursPort } = adapt(
      'user www-data;\npid\n  /run/nginx.pid;\nerror_log /var/log/nginx/error.log warn;\nevents { }\nhttp {\n  access_log /var/log/nginx/access.log main;\n  server { listen $PORT; access_log off; }\n}\n',
    );
    const lines = template.split('\n');
    expect(lines[0]).toContain('daemon off;');
    expect(lines[0]).toContain('pid "{{tempDir}}/nginx.pid";');
    expect(lines[0]).not.toContain('www-data');
    expect(lines[0]).not.toContain('error_log');
    expect(lines[3]).toBe('error_log stderr warn;');
    expect(lines[5]).toContain('http { client_body_temp_path "{{tempDir}}/client_body";');
    expect(lines[6]).toBe('  access_log "{{accessLog}}" main;');
    expect(lines[7]).toBe('  server { listen {{port}}; access_log off; }');
    expect(honoursPort).toBe(true);
    expect(changes).toEqual([
      '"user" is left out: the container decides',
      '"pid" is left out: the container decides',
      'error_log /var/log/nginx/error.log goes to standard error',
      'access_log /var/log/nginx/access.log goes to standard output',
    ]);
  });

  it('puts the missing parts around servers', () => {
    const { template, honoursPort } = adapt('server {\n  listen 80;\n}\n');
    const lines = template.split('\n');
    expect(lines[0]).toMatch(/daemon off;.*events \{.*http \{.*mime\.types.* server \{$/);
    expect(lines[1]).toBe('  listen 80;');
    expect(template.trimEnd().endsWith('}\n\n}')).toBe(true);
    expect(honoursPort).toBe(false);
  });

  it('finds includes and modules in the application and with nginx', () => {
    const { template, includes } = adapt(
      'load_module modules/ngx_x.so; include extra.conf; http { include /etc/nginx/mime.types; include "mime.types"; include conf.d/*.conf; include missing.conf; }',
    );
    expect(template).toContain(`load_module "${nginxDirectory}/usr/lib/nginx/modules/ngx_x.so"; include "${application}/extra.conf";`);
    expect(template.match(new RegExp(`include "${nginxDirectory}/etc/nginx/mime.types"`, 'g'))).toHaveLength(2);
    expect(includes).toEqual([`${application}/extra.conf`, `${application}/conf.d/*.conf`, `${application}/missing.conf`]);
  });

  it('takes each way of writing the port, and variables of the launch', () => {
    const { template } = adapt('http { server { listen ${PORT}; listen {{ port }}; listen {{env "PORT"}} ; proxy_pass http://{{ env "BACKEND" }}/$PORTAL; } }');
    expect(template).toContain('listen {{port}}; listen {{port}}; listen {{port}} ; proxy_pass http://{{env "BACKEND"}}/$PORTAL;');
  });

  it('leaves settings alone that it would make itself', () => {
    const { template } = adapt('worker_processes 3;\nerror_log stderr;\nhttp { proxy_temp_path /tmp/p; access_log syslog:server=x; }');
    expect(template).not.toContain('worker_processes {{workers}}');
    expect(template.match(/error_log/g)).toHaveLength(1);
    expect(template.match(/proxy_temp_path/g)).toHaveLength(1);
    expect(template).toContain('access_log syslog:server=x;');
  });
});
