import { X509Certificate } from 'node:crypto';
import { TspackError, type Binding } from '../../../src/sdk/index.ts';

/** A certificate of a service binding. */
export interface BoundCertificate {
  readonly binding: string;
  /** The binding's key that holds it. */
  readonly file: string;
  /** `CN=Corporate Root, O=Example`. */
  readonly subject: string;
  readonly validTo: Date;
  readonly pem: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of all bindings of type `ca-certificates`, in the order of names. Throws `CA_CERTIFICATE_INVALID`. */
export function readCertificates(bindings: readonly Binding[]): readonly BoundCertificate[] {
  return bindings
    .filter(({ type }) => type === 'ca-certificates')
    .flatMap((binding) =>
      binding.keys
        .filter((key) => key !== 'type' && key !== 'provider')
        .flatMap((file) => {
          const blocks = [...(binding.read(file) ?? '').matchAll(BLOCK)];
          if (blocks.length === 0) throw invalid(binding.name, file, 'it holds no PEM certificate');
          return blocks.map(([pem]) => describe(binding.name, file, pem));
        }),
    );
}

function describe(binding: string, file: string, pem: string): BoundCertificate {
  try {
    const certificate = new X509Certificate(pem);
    return { binding, file, subject: certificate.subject.split('\n').reverse().join(', '), validTo: new Date(certificate.validTo), pem: `${pem}\n` };
  } catch (error) {
    throw invalid(binding, file, 'one of its certificates cannot be read', error);
  }
}

function invalid(binding: string, file: string, problem: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'CA_CERTIFICATE_INVALID',
    message: `Cannot trust ${file} of the binding "${binding}": ${problem}`,
    nextStep: 'Bind files that hold certificates as PEM, beginning with "-----BEGIN CERTIFICATE-----"; `openssl x509 -inform der` converts others.',
    cause,
  });
}
