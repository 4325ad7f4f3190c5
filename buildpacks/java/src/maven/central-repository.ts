import type { BuildContext } from '../../../../src/sdk/index.ts';
import { parseXmlFile, xmlAt, xmlChild } from '../../../../src/sdk/index.ts';
import { repositoryUnknown } from '../errors.ts';
import { readJarText } from '../runnable/jar.ts';
import { withMavenModel } from './maven-distribution.ts';

/** Where Maven keeps what every project inherits. */
const SUPER_POM = 'org/apache/maven/model/pom-4.0.0.xml';

/** The address of Maven's central repository, without a slash at its end: this machine's mirror of it, else what Maven itself says. Throws `JAVA_REPOSITORY_UNKNOWN`. */
export async function findRepository(context: BuildContext): Promise<string> {
  const mirror = context.env['TSPACK_MAVEN_MIRROR'];
  const address = mirror ?? (await readCentralRepository(context));
  return address.replace(/\/+$/, '');
}

async function readCentralRepository(context: BuildContext): Promise<string> {
  const text = await withMavenModel(context, (jar) => readJarText(jar, SUPER_POM));
  if (text === undefined) throw repositoryUnknown();
  const repositories = xmlAt(await parseXmlFile(text, SUPER_POM), 'repositories')?.children ?? [];
  const url = repositories.map((repository) => xmlChild(repository, 'url')?.text).find((one) => one !== undefined);
  if (url === undefined) throw repositoryUnknown();
  return url;
}
