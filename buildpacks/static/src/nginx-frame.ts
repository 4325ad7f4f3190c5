/** What every configuration has around its servers. Places in braces are filled in by the launch tool. */
export interface NginxFrame {
  /** nginx' files: modules and `mime.types`. */
  readonly nginxDirectory: string;
  /** The architecture's folder below usr/lib is not needed: modules lie in usr/lib/nginx. */
  readonly modules: readonly string[];
}

/** Directives of the main context. The folder of temporary files is the only one that is written to. */
export function mainDirectives({ nginxDirectory, modules }: NginxFrame): readonly string[] {
  return [
    ...modules.map((name) => `load_module "${nginxDirectory}/usr/lib/nginx/modules/${name}.so";`),
    'daemon off;',
    'pid "{{tempDir}}/nginx.pid";',
    'worker_processes {{workers}};',
    'error_log stderr warn;',
    // Requests that are open at SIGTERM may take as long as Kubernetes waits by default, minus a margin.
    'worker_shutdown_timeout 25s;',
  ];
}

/** Where nginx would write below its prefix: it makes these folders at every start, whether it needs them or not. */
export const TEMPORARY_PATHS = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((name) => [`${name}_temp_path`, `"{{tempDir}}/${name}"`] as const);

/** Types that compression makes smaller; text/html always is among them. */
const COMPRESSED = [
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/rss+xml',
  'application/atom+xml',
  'application/wasm',
  'application/xml',
  'font/otf',
  'font/ttf',
  'image/svg+xml',
  'image/x-icon',
  'text/css',
  'text/javascript',
  'text/plain',
  'text/xml',
];

/** Directives of the http context that suit most sites. */
export function httpDirectives({ nginxDirectory }: NginxFrame): readonly string[] {
  return [
    `include "${nginxDirectory}/etc/nginx/mime.types";`,
    'types { application/manifest+json webmanifest; text/javascript mjs; font/otf otf; font/ttf ttf; }',
    'default_type application/octet-stream;',
    'charset utf-8;',
    'charset_types text/css text/javascript text/plain text/xml application/javascript application/json application/manifest+json image/svg+xml;',
    'access_log "{{accessLog}}";',
    ...TEMPORARY_PATHS.map(([name, value]) => `${name} ${value};`),
    'sendfile on;',
    'tcp_nopush on;',
    'server_tokens off;',
    'absolute_redirect off;',
    'gzip on;',
    'gzip_static on;',
    'gzip_vary on;',
    'gzip_proxied any;',
    'gzip_min_length 1024;',
    `gzip_types ${COMPRESSED.join(' ')};`,
    'brotli_static on;',
  ];
}
