/** What poms call the usual licences, as SPDX calls them. The first that fits counts. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/apache.*2|asl[ -]?2|apache-2\.0/i, 'Apache-2.0'],
  [/apache.*1\.1/i, 'Apache-1.1'],
  [/mit-0/i, 'MIT-0'],
  [/\bmit\b|opensource\.org\/licenses\/mit/i, 'MIT'],
  [/bsd.*(?:3|new|revised)|(?:3|new|revised).*bsd|edl.*1|eclipse distribution/i, 'BSD-3-Clause'],
  [/bsd.*2|2.*bsd|simplified bsd/i, 'BSD-2-Clause'],
  [/epl.*2|eclipse public.*2/i, 'EPL-2.0'],
  [/epl.*1|eclipse public.*1/i, 'EPL-1.0'],
  [/(?:gpl|gnu general).*2.*(?:class ?path|cpe)/i, 'GPL-2.0-only WITH Classpath-exception-2.0'],
  [/cddl.*1\.1/i, 'CDDL-1.1'],
  [/cddl/i, 'CDDL-1.0'],
  [/(?:lgpl|lesser general).*3/i, 'LGPL-3.0-only'],
  [/(?:lgpl|lesser general).*2\.1/i, 'LGPL-2.1-only'],
  [/affero|agpl/i, 'AGPL-3.0-only'],
  [/(?:gpl|gnu general).*3/i, 'GPL-3.0-only'],
  [/(?:gpl|gnu general).*2/i, 'GPL-2.0-only'],
  [/mpl.*2|mozilla public.*2/i, 'MPL-2.0'],
  [/cc0|creative commons zero/i, 'CC0-1.0'],
  [/unlicense/i, 'Unlicense'],
  [/\bisc\b/i, 'ISC'],
  [/bouncy ?castle/i, 'MIT'],
  [/unicode/i, 'Unicode-3.0'],
];

/** The SPDX expression for a licence as a pom names it; its name as it is when that is none of the usual ones. */
export function spdxLicence(name: string, url: string): string {
  return (NAMES.find(([pattern]) => pattern.test(name)) ?? NAMES.find(([pattern]) => name === '' && pattern.test(url)))?.[1] ?? (name === '' ? url : name);
}
