/**
 * The configuration of php-fpm: one pool that runs as whoever starts it, listens on a socket beside its settings in /tmp, and
 * writes to standard error what it and the application log. `${...}` are variables that php-fpm reads when it starts.
 */
export function formatFpmConfig(applicationDirectory: string): string {
  return `${[
    '[global]',
    'daemonize = no',
    'error_log = /proc/self/fd/2',
    'log_limit = 8192',
    // As long as nginx waits for requests under way, minus a margin.
    'process_control_timeout = 25s',
    '',
    '[www]',
    'listen = ${TSPACK_PHP_RUN}/php-fpm.sock',
    `chdir = ${applicationDirectory}`,
    'pm = dynamic',
    'pm.max_children = ${PHP_FPM_MAX_CHILDREN}',
    'pm.start_servers = 2',
    'pm.min_spare_servers = 1',
    'pm.max_spare_servers = 3',
    'pm.max_requests = 1000',
    'clear_env = no',
    'catch_workers_output = yes',
    'decorate_workers_output = no',
  ].join('\n')}\n`;
}
