import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, type BuildContext } from '../../../src/sdk/index.ts';
import { notABoolean, otherServer } from './errors.ts';
import { parseStaticfile } from './staticfile.ts';

/** What the user wants of the web server. */
export interface Settings {
  /** Relative to the application. */
  readonly root?: string;
  /** What is not a file is answered with index.html: an application in the browser routes by itself. */
  readonly pushState?: boolean;
  readonly forceHttps: boolean;
  /** Value of Strict-Transport-Security, for answers to https requests. */
  readonly strictTransport?: string;
  readonly directoryListing: boolean;
  readonly hiddenFiles: boolean;
  readonly securityHeaders: boolean;
  /** A file of users and hashed passwords, relative to the application. */
  readonly passwords?: string;
  /** A file with more directives for the `server` block, relative to the application. */
  readonly include?: string;
  /** Pages for errors: status to path below the root. */
  readonly errorPages: ReadonlyMap<string, string>;
  /** Where each setting that is not the default comes from: `root from BP_WEB_SERVER_ROOT`. */
  readonly origins: readonly string[];
}

const YEAR = 'max-age=31536000';

/** Reads `BP_WEB_SERVER_*`, which win, and the Staticfile. Throws `STATIC_SETTING_INVALID`, `STATIC_STATICFILE_INVALID`, `STATIC_SERVER_UNSUPPORTED`. */
export function readSettings({ applicationDirectory, env }: Pick<BuildContext, 'applicationDirectory' | 'env'>): Settings {
  const server = env['BP_WEB_SERVER'] ?? '';
  if (server !== '' && server !== 'nginx') throw otherServer(server);
  const staticfile = parseStaticfile(isFile(applicationDirectory, 'Staticfile') ? readFileSync(join(applicationDirectory, 'Staticfile'), 'utf8') : '');
  const origins: string[] = [];
  const text = (setting: string, variable: string, key?: string): string | undefined => {
    const value = env[variable];
    if (value !== undefined && value !== '') {
      origins.push(`${setting} from ${variable}`);
      return value;
    }
    const entry = key === undefined ? undefined : staticfile.values.get(key);
    if (entry !== undefined) origins.push(`${setting} from Staticfile:${entry.line}`);
    return entry?.value;
  };
  const flag = (setting: string, variable: string, key?: string): boolean | undefined => {
    const value = text(setting, variable, key);
    if (value === undefined) return undefined;
    if (/^(?:true|1|yes|on|enabled|visible)$/i.test(value)) return true;
    if (/^(?:false|0|no|off|disabled)$/i.test(value)) return false;
    throw notABoolean(origins.at(-1)!, value);
  };
  const root = text('root', 'BP_WEB_SERVER_ROOT', 'root');
  const pushState = flag('push state', 'BP_WEB_SERVER_ENABLE_PUSH_STATE', 'pushstate');
  const strict = flag('strict transport', 'BP_WEB_SERVER_STRICT_TRANSPORT', 'http_strict_transport_security');
  const strictAll = flag('strict transport', 'BP_WEB_SERVER_STRICT_TRANSPORT_SUBDOMAINS', 'http_strict_transport_security_include_subdomains');
  const include = text('more directives', 'BP_WEB_SERVER_INCLUDE', 'location_include');
  const passwords = text('passwords', 'BP_WEB_SERVER_BASIC_AUTH') ?? (isFile(applicationDirectory, 'Staticfile.auth') ? 'Staticfile.auth' : undefined);
  return {
    ...(root === undefined ? {} : { root }),
    ...(pushState === undefined ? {} : { pushState }),
    forceHttps: flag('https', 'BP_WEB_SERVER_FORCE_HTTPS', 'force_https') ?? false,
    ...(strictAll === true ? { strictTransport: `${YEAR}; includeSubDomains` } : strict === true ? { strictTransport: YEAR } : {}),
    directoryListing: flag('directory listing', 'BP_WEB_SERVER_DIRECTORY_LISTING', 'directory') ?? false,
    hiddenFiles: flag('hidden files', 'BP_WEB_SERVER_HOST_DOT_FILES', 'host_dot_files') ?? false,
    securityHeaders: flag('security headers', 'BP_WEB_SERVER_SECURITY_HEADERS') ?? true,
    ...(passwords === undefined ? {} : { passwords }),
    ...(include === undefined ? {} : { include }),
    errorPages: staticfile.statusCodes,
    origins,
  };
}
