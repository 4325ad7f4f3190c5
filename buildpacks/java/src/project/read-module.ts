import { readApplicationPart, type BuildContext } from '../../../../src/sdk/index.ts';

/**
 * The module to build and to run, relative to the application: by the tool's own setting, else by `BP_APP`, which counts for every language. No name
 * means all modules. Throws `APP_INVALID`.
 */
export function readModule(
  context: Pick<BuildContext, 'applicationDirectory' | 'env'>,
  setting: string,
): { readonly name: string | undefined; readonly setting: string } {
  const own = context.env[setting]?.replace(/^\.\/|\/+$/g, '');
  if (own !== undefined && own !== '') return { name: own === '.' ? undefined : own, setting };
  return { name: readApplicationPart(context.applicationDirectory, context.env) || undefined, setting: 'BP_APP' };
}
