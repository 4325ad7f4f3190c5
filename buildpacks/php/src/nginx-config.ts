/** What the configuration of nginx depends on. */
export interface NginxConfig {
  /** The layer with nginx' own files. */
  readonly nginxDirectory: string;
  /** The folder that is served, absolute. */
  readonly root: string;
  /** Whether index.php answers what no file does. */
  readonly isFrontController: boolean;
  /** A glob of files with directives of the user's own. */
  readonly include: string | undefined;
}

const TEMPORARY = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'];

/** Parameters of FastCGI (RFC 3875) as PHP reads them; HTTPS is what the proxy in front says. */
const PARAMETERS = [
  ['SCRIPT_FILENAME', '$document_root$fastcgi_script_name'],
  ['PATH_INFO', '$fastcgi_path_info'],
  ['DOCUMENT_ROOT', '$document_root'],
  ['SCRIPT_NAME', '$fastcgi_script_name'],
  ['DOCUMENT_URI', '$document_uri'],
  ['REQUEST_URI', '$request_uri'],
  ['QUERY_STRING', '$query_string'],
  ['REQUEST_METHOD', '$request_method'],
  ['CONTENT_TYPE', '$content_type'],
  ['CONTENT_LENGTH', '$content_length'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['SERVER_PROTOCOL', '$server_protocol'],
  ['SERVER_SOFTWARE', 'nginx'],
  ['SERVER_NAME', '$host'],
  ['SERVER_PORT', '$server_port'],
  ['SERVER_ADDR', '$server_addr'],
  ['REMOTE_ADDR', '$remote_addr'],
  ['REMOTE_PORT', '$remote_port'],
  ['HTTPS', '$forwarded_https'],
  ['REDIRECT_STATUS', '200'],
  // Requests must not choose a proxy for the application (CVE-2016-5385).
  ['HTTP_PROXY', '""'],
] as const;

/** The configuration of nginx; `@PORT@` and `@RUN@` are filled in when it starts. */
export function formatNginxConfig({ nginxDirectory, root, isFrontController, include }: NginxConfig): string {
  const fallback = isFrontController ? '/index.php$is_args$args' : '=404';
  return `daemon off;
pid "@RUN@/nginx.pid";
worker_processes 1;
error_log stderr warn;
worker_shutdown_timeout 25s;
events { worker_connections 1024; }
http {
  include "${nginxDirectory}/etc/nginx/mime.types";
  default_type application/octet-stream;
  access_log /dev/stdout;
${TEMPORARY.map((name) => `  ${name}_temp_path "@RUN@/${name}";`).join('\n')}
  sendfile on;
  tcp_nopush on;
  server_tokens off;
  absolute_redirect off;
  client_max_body_size 0;
  gzip on;
  gzip_vary on;
  gzip_proxied any;
  gzip_min_length 1024;
  gzip_types text/css text/javascript text/plain text/xml application/javascript application/json application/xml image/svg+xml;
  map $http_x_forwarded_proto $forwarded_https { https on; default ""; }
  server {
    listen @PORT@;
    root "${root}";
    index index.php index.html;
    location ~ /\\.(?!well-known/) { return 404; }
    location / { try_files $uri $uri/ ${fallback}; }
    location ~ \\.php(/|$) {
      fastcgi_split_path_info ^(.+?\\.php)(/.*)?$;
      if (!-f $document_root$fastcgi_script_name) { return 404; }
${PARAMETERS.map(([name, value]) => `      fastcgi_param ${name} ${value};`).join('\n')}
      fastcgi_pass "unix:@RUN@/php-fpm.sock";
      fastcgi_read_timeout 300s;
    }
${include === undefined ? '' : `    include "${include}";\n`}  }
}
`;
}
