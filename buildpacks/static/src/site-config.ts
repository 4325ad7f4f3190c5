import { cacheControlMap } from './cache-control.ts';
import { httpDirectives, mainDirectives, type NginxFrame } from './nginx-frame.ts';

/** A site to serve. Paths are absolute, except those below the root, which begin with `/`. */
export interface Site {
  readonly frame: NginxFrame;
  readonly root: string;
  readonly built: boolean;
  readonly pushState: boolean;
  readonly forceHttps: boolean;
  readonly strictTransport: string | undefined;
  readonly directoryListing: boolean;
  readonly hiddenFiles: boolean;
  readonly securityHeaders: boolean;
  readonly passwords: string | undefined;
  readonly include: string | undefined;
  /** Status to path. */
  readonly errorPages: ReadonlyMap<string, string>;
  /** Files at the root that tell how to build and serve, and are nobody else's business. */
  readonly refused: readonly string[];
}

/** The nginx configuration of a site, as a template for the launch tool. */
export function formatSiteConfig(site: Site): string {
  const strict = site.strictTransport;
  return [
    ...mainDirectives(site.frame),
    'events { worker_connections 1024; }',
    'http {',
    ...httpDirectives(site.frame).map(indented),
    '  map $uri $tspack_cache_control {',
    ...cacheControlMap(site.built).map((line) => `    ${line}`),
    '  }',
    ...(strict === undefined ? [] : [`  map $http_x_forwarded_proto $tspack_strict_transport { https "${strict}"; }`]),
    '  server {',
    ...serverDirectives(site).map((line) => `    ${line}`),
    '  }',
    '}',
    '',
  ].join('\n');
}

function serverDirectives(site: Site): readonly string[] {
  const { pushState, errorPages } = site;
  const notFound = errorPages.get('404');
  return [
    'listen {{port}};',
    '{{listenIpv6}}',
    `root "${site.root}";`,
    'index index.html index.htm;',
    ...(site.directoryListing ? ['autoindex on;'] : []),
    // Only for answers that succeed: an error is not kept for a year because of its name.
    'add_header Cache-Control $tspack_cache_control;',
    ...(site.securityHeaders
      ? [
          'add_header X-Content-Type-Options nosniff always;',
          'add_header X-Frame-Options SAMEORIGIN always;',
          'add_header Referrer-Policy strict-origin-when-cross-origin always;',
        ]
      : []),
    ...(site.strictTransport === undefined ? [] : ['add_header Strict-Transport-Security $tspack_strict_transport always;']),
    ...(site.forceHttps ? ['if ($http_x_forwarded_proto = http) { return 301 https://$host$request_uri; }'] : []),
    ...(site.passwords === undefined ? [] : ['auth_basic "Restricted";', `auth_basic_user_file "${site.passwords}";`]),
    ...[...errorPages].flatMap(([status, page]) => [`error_page ${status} "${page}";`, `location = "${page}" { internal; }`]),
    // A folder without an index is no more there than a file that is not.
    ...(site.directoryListing || notFound === undefined ? [] : [`error_page 403 =404 "${notFound}";`]),
    ...(site.hiddenFiles ? [] : ['location ~ "/\\.(?!well-known(?:/|$))" { return 404; }']),
    ...site.refused.map((name) => `location = "/${name}" { return 404; }`),
    ...(site.include === undefined ? [] : [`include "${site.include}";`]),
    ...(pushState
      ? [
          // A missing script must not be answered with a page.
          'location ~* "\\.(?:avif|css|gif|ico|jpe?g|js|json|map|mjs|png|svg|txt|wasm|webmanifest|webp|woff2?|xml)$" { try_files $uri =404; }',
          'location / { try_files $uri $uri/index.html $uri.html /index.html; }',
        ]
      : ['location / { try_files $uri $uri/ $uri.html =404; }']),
  ];
}

function indented(line: string): string {
  return `  ${line}`;
}
