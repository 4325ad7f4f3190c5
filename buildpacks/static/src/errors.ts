import { TspackError } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function otherServer(name: string): TspackError {
  return new TspackError({
    code: 'STATIC_SERVER_UNSUPPORTED',
    message: `Cannot use the web server "${name}" of BP_WEB_SERVER: this buildpack has nginx`,
    nextStep: 'Set BP_WEB_SERVER to nginx, or use a buildpack for the other server.',
  });
}

export function notABoolean(origin: string, value: string): TspackError {
  return new TspackError({
    code: 'STATIC_SETTING_INVALID',
    message: `Cannot use "${value}" (${origin}): want true or false`,
    nextStep: 'Write true or false.',
  });
}

export function staticfileInvalid(line: number, problem: string): TspackError {
  return new TspackError({
    code: 'STATIC_STATICFILE_INVALID',
    message: `Cannot read Staticfile:${line}: ${problem}`,
    nextStep: 'Write lines such as "root: public" and "pushstate: enabled".',
  });
}

export function fileMissing(what: string, path: string): TspackError {
  return new TspackError({
    code: 'STATIC_FILE_MISSING',
    message: `Cannot find "${path}", which is to be ${what}`,
    nextStep: 'Name a file of the application, relative to its folder.',
  });
}

export function outsideOfApplication(what: string, path: string): TspackError {
  return new TspackError({
    code: 'STATIC_SETTING_INVALID',
    message: `Cannot use "${path}" as ${what}: want a path inside the application, without "$", quotes and line breaks`,
    nextStep: 'Name a path relative to the application, such as "public".',
  });
}

export function rootMissing(wanted: readonly string[], by: string): TspackError {
  return new TspackError({
    code: 'STATIC_ROOT_MISSING',
    message: `Cannot find the folder to serve: ${by} ${wanted.map((path) => `"${path}"`).join(' or ')}, which is not there`,
    nextStep: 'Set BP_WEB_SERVER_ROOT to the folder that holds index.html.',
  });
}

export function configurationInvalid(place: string, problem: string): TspackError {
  return new TspackError({
    code: 'STATIC_NGINX_CONFIGURATION_INVALID',
    message: `Cannot use ${place}: nginx says: ${problem}`,
    nextStep: 'Correct the file; $PORT, {{env "NAME"}} and {{tempDir}} are filled in at launch.',
  });
}

export function configurationUnreadable(place: string, problem: string): TspackError {
  return new TspackError({
    code: 'STATIC_NGINX_CONFIGURATION_INVALID',
    message: `Cannot read ${place}: ${problem}`,
    nextStep: 'Correct the file: every block ends with "}", every directive with ";".',
  });
}
