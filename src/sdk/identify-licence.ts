/** What only one licence's text says, most telling first: `-only` and `-or-later` cannot be told from the text of a GNU licence. */
const MARKS: readonly (readonly [id: string, mark: RegExp])[] = [
  ['Apache-2.0', /apache license,? version 2\.0/],
  ['MPL-2.0', /mozilla public license,? version 2\.0/],
  ['EPL-2.0', /eclipse public license - v 2\.0/],
  ['AGPL-3.0', /gnu affero general public license version 3/],
  ['LGPL-3.0', /gnu lesser general public license version 3/],
  ['LGPL-2.1', /gnu lesser general public license version 2\.1/],
  ['GPL-3.0', /gnu general public license version 3/],
  ['GPL-2.0', /gnu general public license version 2/],
  ['BSL-1.0', /boost software license - version 1\.0/],
  ['Unlicense', /this is free and unencumbered software released into the public domain/],
  ['CC0-1.0', /cc0 1\.0 universal/],
  ['Zlib', /this software is provided 'as-is', without any express or implied warranty/],
  ['BSD-3-Clause', /redistribution and use in source and binary forms.*(?:neither the name|the names? of .{0,80} may not be used)/],
  ['BSD-2-Clause', /redistribution and use in source and binary forms/],
  [
    'MIT',
    /permission is hereby granted, free of charge, to any person obtaining a copy of this software.*the above copyright notice and this permission notice/,
  ],
  ['MIT-0', /permission is hereby granted, free of charge, to any person obtaining a copy of this software/],
  ['0BSD', /permission to use, copy, modify,? and\/or distribute this software for any purpose with or without fee is hereby granted\. the software is/],
  ['ISC', /permission to use, copy, modify,? and\/?(?:or )? ?distribute this software for any purpose with or without fee is hereby granted, provided/],
];

/** The SPDX identifier of the licence whose text this is; undefined for one that is not among the usual ones. */
export function identifyLicence(text: string): string | undefined {
  const plain = text
    .slice(0, 40_000)
    .toLowerCase()
    .replace(/[\s*#>]+/g, ' ');
  return MARKS.find(([, mark]) => mark.test(plain))?.[0];
}
