import { describe, expect, it } from 'vitest';
import { parseImagePlace } from '../../../src/platform/images/image-place.ts';

describe('parseImagePlace()', () => {
  it.each([
    ['team/app:1', { kind: 'name', name: 'team/app:1' }],
    ['docker://team/app:1', { kind: 'name', name: 'team/app:1' }],
    ['docker:team/app:1', { kind: 'docker', name: 'team/app:1' }],
    ['oci:/images/app', { kind: 'oci', path: '/images/app' }],
    ['oci:app', { kind: 'oci', path: '/here/app' }],
    ['oci:./app:v1', { kind: 'oci', path: '/here/app', tag: 'v1' }],
    ['oci:/odd:name/app', { kind: 'oci', path: '/odd:name/app' }],
    ['oci-archive:app.tar:v1', { kind: 'oci-archive', path: '/here/app.tar', tag: 'v1' }],
    ['docker-archive:/app.tar', { kind: 'docker-archive', path: '/app.tar' }],
    ['localhost:5000/app', { kind: 'name', name: 'localhost:5000/app' }],
  ])('reads %s', (text, place) => {
    expect(parseImagePlace(text, '/here')).toEqual(place);
  });

  it.each(['docker:', 'docker://', 'oci:', 'oci::v1', 'oci:app:', 'oci-archive:', 'docker-archive:'])('refuses %s', (text) => {
    expect(() => parseImagePlace(text)).toThrow(expect.objectContaining({ code: 'IMAGE_REFERENCE_INVALID' }));
  });
});
