import { describe, expect, it } from 'vitest';
import { subjectHash } from '../../../src/builder/fix-ups/subject-hash.ts';
import { TEST_CERTIFICATES } from '../../support/test-certificates.ts';

describe('subjectHash()', () => {
  it.each(TEST_CERTIFICATES)('is what openssl x509 -subject_hash says for $name', ({ pem, subjectHash: expected }) => {
    expect(subjectHash(pem)).toBe(expected);
  });

  it('refuses what is no certificate', () => {
    expect(() => subjectHash('hello')).toThrow('no PEM certificate');
    expect(() => subjectHash('-----BEGIN CERTIFICATE-----\nMIIFxDCCA6ygAwIBAgIIVK9kJ==\n-----END CERTIFICATE-----')).toThrow();
  });
});
