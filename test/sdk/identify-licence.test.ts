import { describe, expect, it } from 'vitest';
import { identifyLicence } from '../../src/sdk/index.ts';

describe('identifyLicence()', () => {
  it.each([
    [
      'MIT',
      'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software ...\nThe above copyright notice and this permission notice shall',
    ],
    ['Apache-2.0', '                                 Apache License\n                           Version 2.0, January 2004'],
    ['BSD-3-Clause', 'Redistribution and use in source and binary forms, with ...\n   * Neither the name of Google nor the names of its'],
    ['BSD-2-Clause', 'Redistribution and use in source and binary\nforms, with or without modification'],
    ['MPL-2.0', 'Mozilla Public License Version 2.0'],
    ['ISC', 'Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted, provided that'],
  ])('knows %s by its text, however it is wrapped', (id, text) => {
    expect(identifyLicence(text)).toBe(id);
  });

  it('does not guess', () => {
    expect(identifyLicence('All rights reserved. This is not the Apache licence.')).toBeUndefined();
  });
});
