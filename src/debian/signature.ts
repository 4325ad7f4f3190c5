import { TspackError } from '../foundation/index.ts';
import type { Keyring } from './keyring.ts';

/**
 * The text inside an OpenPGP clear-signed message (RFC 9580, section 7), once one of the keys is proved to have signed
 * it. Signatures by other keys do not count and do no harm. Throws `DEBIAN_SIGNATURE_INVALID`.
 */
export async function verifyClearSigned(message: string, keyring: Keyring, now: Date, label: string): Promise<string> {
  const openpgp = await import('openpgp'); // 100 ms: only when an index is read
  const keys = [];
  for (const bytes of keyring) {
    const isArmored = Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '-----';
    const read = isArmored ? openpgp.readKeys({ armoredKeys: Buffer.from(bytes).toString('utf8') }) : openpgp.readKeys({ binaryKeys: bytes });
    keys.push(...(await read));
  }
  let result;
  try {
    const parsed = await openpgp.readCleartextMessage({ cleartextMessage: message });
    result = await openpgp.verify({ message: parsed, verificationKeys: keys, date: now });
  } catch (error) {
    throw invalidSignature(label, 'it is not a clear-signed message', error);
  }
  const reasons: string[] = [];
  for (const signature of result.signatures) {
    try {
      await signature.verified;
      return result.data;
    } catch (error) {
      reasons.push(`${signature.keyID.toHex()}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw invalidSignature(label, reasons.length === 0 ? 'it bears no signature' : `no signature counts (${reasons.join('; ')})`);
}

function invalidSignature(label: string, reason: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'DEBIAN_SIGNATURE_INVALID',
    message: `Cannot trust the release file of "${label}": ${reason}`,
    nextStep: 'Use another mirror, because this one serves what Debian did not sign',
    cause,
  });
}
