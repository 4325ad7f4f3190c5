import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openZip } from '../../../../src/sdk/index.ts';
import { countClasses } from './count-classes.ts';
import type { Runnable } from './runnable.ts';
import { classSlice, librarySlices } from './slices.ts';

/** An unpacked war, for a servlet container. The command comes with the container. */
export function webApplication(directory: string): Runnable {
  return {
    title: 'a web application',
    command: [],
    slices: [...librarySlices(directory, 'WEB-INF/lib'), classSlice(directory, 'WEB-INF/classes')].filter((slice) => slice.length > 0),
    servlet: servletPackages(directory),
    classCount: countClasses(directory),
    libraries: existsSync(join(directory, 'WEB-INF/lib')) ? ['WEB-INF/lib'] : [],
  };
}

/** How much of each jar's classes is looked at: frameworks use the interfaces all over. */
const MOST_CLASSES_OF_A_JAR = 400;

/** The servlet packages of an application: by the schema of web.xml, else by what its classes name, else by what its libraries name. */
export function servletPackages(directory: string): 'javax' | 'jakarta' {
  const descriptor = join(directory, 'WEB-INF/web.xml');
  const text = existsSync(descriptor) ? readFileSync(descriptor, 'utf8') : '';
  if (/jakarta\.ee\/xml\/ns\/jakartaee/.test(text)) return 'jakarta';
  const own = ownClasses(join(directory, 'WEB-INF/classes'));
  const libraries = () => libraryClasses(join(directory, 'WEB-INF/lib'));
  for (const classes of [own, libraries()]) {
    let javax = false;
    for (const bytes of classes) {
      if (bytes.includes('jakarta/servlet/')) return 'jakarta';
      javax ||= bytes.includes('javax/servlet/');
    }
    if (javax) return 'javax';
  }
  return text === '' ? 'jakarta' : 'javax';
}

function* ownClasses(folder: string): Generator<Buffer> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true })) if (String(name).endsWith('.class')) yield readFileSync(join(folder, String(name)));
}

function* libraryClasses(folder: string): Generator<Buffer> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.jar'))) {
    using zip = openZip(join(folder, name));
    const classes = zip.entries.filter(({ path }) => path.endsWith('.class')).slice(0, MOST_CLASSES_OF_A_JAR);
    for (const entry of classes) yield zip.read(entry);
  }
}
