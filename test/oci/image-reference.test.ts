import { describe, expect, it } from 'vitest';
import { formatFamiliarReference, formatImageReference, parseImageReference } from '../../src/oci/index.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImageReference()', () => {
  it.each([
    ['node', 'index.docker.io/library/node:latest', 'node'],
    ['team/app:1.2', 'index.docker.io/team/app:1.2', 'team/app:1.2'],
    ['docker.io/node', 'index.docker.io/library/node:latest', 'node'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app'],
    ['[::1]:5000/a/b/c:x', '[::1]:5000/a/b/c:x', '[::1]:5000/a/b/c:x'],
    [`example.com/app@${DIGEST}`, `example.com/app@${DIGEST}`, `example.com/app@${DIGEST}`],
    [`app:1@${DIGEST}`, `index.docker.io/library/app:1@${DIGEST}`, `app:1@${DIGEST}`],
  ])('reads %s as %s', (text, full, familiar) => {
    const reference = parseImageReference(text);
    expect(formatImageReference(reference)).toBe(full);
    expect(formatFamiliarReference(reference)).toBe(familiar);
    expect(parseImageReference(full)).toEqual(reference);
  });

  it.each([
    ['', 'it is empty'],
    ['MyApp', 'upper-case'],
    ['app:', 'is not a tag'],
    ['app:a b', 'is not a tag'],
    ['-app', 'is not a repository name'],
    ['a//b', 'is not a repository name'],
    ['app@sha256:abc', 'is not a digest'],
    ['exa_mple.com:99/app', 'is not a registry host'],
    [`a/${'b'.repeat(300)}`, 'longer than 255'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => parseImageReference(text)).toThrow(why);
  });
});
