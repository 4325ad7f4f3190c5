import { TspackError, plainLine } from '../foundation/index.ts';
import type { HttpError } from '../http/index.ts';
import type { Credential } from './keychain.ts';

/** Characters of what a registry says that a message repeats. */
const MAXIMUM_WORDS = 300;

export type RegistryErrorCode =
  'REGISTRY_UNAUTHORIZED' | 'REGISTRY_DENIED' | 'REGISTRY_NOT_FOUND' | 'REGISTRY_RATE_LIMITED' | 'REGISTRY_UNREACHABLE' | 'REGISTRY_PROTOCOL';

/** One entry of a registry's error answer (distribution-spec `spec.md#error-codes`). */
export interface RegistryDiagnostic {
  readonly code: string;
  readonly message: string;
}

/** A registry that does not do what it was asked. */
export class RegistryError extends TspackError<RegistryErrorCode> {
  /** Host and port, as in the image reference. */
  readonly registry: string;
  /** undefined when there was no answer. */
  readonly status: number | undefined;
  readonly diagnostics: readonly RegistryDiagnostic[];
  /** Whom we said we are; undefined when anonymous or known by a token only. */
  readonly user: string | undefined;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;

  constructor(options: {
    readonly code: RegistryErrorCode;
    readonly message: string;
    readonly nextStep?: string | undefined;
    readonly registry: string;
    readonly status?: number | undefined;
    readonly diagnostics?: readonly RegistryDiagnostic[];
    readonly user?: string | undefined;
    readonly transient?: boolean;
    readonly cause?: unknown;
  }) {
    super(options);
    this.registry = options.registry;
    this.status = options.status;
    this.diagnostics = options.diagnostics ?? [];
    this.user = options.user;
    this.transient = options.transient ?? false;
  }
}

/** What was being done, for the message. */
export interface RegistryAction {
  /** `push to`, `read`. */
  readonly verb: string;
  /** `localhost:5000/app:latest`. */
  readonly target: string;
  readonly registry: string;
  readonly credential: Credential | undefined;
}

/** The registry's view of an HTTP failure. */
export function registryError(action: RegistryAction, error: HttpError): RegistryError {
  const { registry, credential } = action;
  const { status } = error;
  const diagnostics = parseDiagnostics(error.body);
  const { code, why, nextStep } = explain(action, error);
  const said = diagnostics.map(({ code: name, message }) => (message === '' ? name : `${message} (${name})`)).join('; ');
  return new RegistryError({
    code,
    message: `Cannot ${action.verb} ${action.target}: ${why}${said === '' ? '' : `: ${said}`}`,
    nextStep,
    registry,
    status,
    diagnostics,
    user: credential?.kind === 'basic' ? credential.username : undefined,
    transient: error.transient,
    cause: error,
  });
}

function explain(action: RegistryAction, error: HttpError): { code: RegistryErrorCode; why: string; nextStep: string | undefined } {
  const { registry, credential } = action;
  switch (error.status) {
    case undefined:
      return { code: 'REGISTRY_UNREACHABLE', why: error.message, nextStep: certificateStep(registry, error) ?? error.nextStep };
    case 401:
      return {
        code: 'REGISTRY_UNAUTHORIZED',
        why: credential === undefined ? `${registry} wants a login and no credentials for it were found` : `${registry} refuses ${identity(credential)}`,
        nextStep: `Log in with "tspack login ${registry}", or check that the image name is right`,
      };
    case 403:
      return {
        code: 'REGISTRY_DENIED',
        why: `${registry} does not allow it for ${credential === undefined ? 'anonymous access' : identity(credential)}`,
        nextStep: `Ask for access to the repository, or log in as another user with "tspack login ${registry}"`,
      };
    case 404:
      return { code: 'REGISTRY_NOT_FOUND', why: `${registry} does not have it`, nextStep: 'Check the image name' };
    case 429:
      return {
        code: 'REGISTRY_RATE_LIMITED',
        why: `${registry} allows no more requests now`,
        nextStep:
          credential === undefined ? `${error.nextStep ?? 'Try again later'}, or log in with "tspack login ${registry}" for a higher limit` : error.nextStep,
      };
    default:
      if (error.certificate === 'wanted') {
        return {
          code: 'REGISTRY_UNAUTHORIZED',
          why: `${registry} wants another client certificate, or any at all`,
          nextStep: certificateStep(registry, error),
        };
      }
      return error.transient
        ? { code: 'REGISTRY_UNREACHABLE', why: `${registry} answers ${error.status}`, nextStep: 'Try again later' }
        : { code: 'REGISTRY_PROTOCOL', why: `${registry} answers ${error.status}`, nextStep: undefined };
  }
}

function certificateStep(registry: string, { certificate }: HttpError): string | undefined {
  const folder = `/etc/docker/certs.d/${registry}`;
  if (certificate === 'untrusted') return `Check the system date, and put the certificate of the registry's authority into ${folder}/ca.crt`;
  if (certificate === 'wanted') return `Put your certificate and its key into ${folder}, as client.cert and client.key`;
  return undefined;
}

function identity(credential: Credential): string {
  const who = credential.kind === 'basic' ? `user "${credential.username}"` : 'the token';
  return `${who} (credentials from ${credential.source})`;
}

function parseDiagnostics(body: string): readonly RegistryDiagnostic[] {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors.slice(0, 5).flatMap((entry: unknown) => {
      const { code, message } = (entry ?? {}) as { code?: unknown; message?: unknown };
      return typeof code === 'string'
        ? [{ code: plainLine(code, MAXIMUM_WORDS), message: typeof message === 'string' ? plainLine(message, MAXIMUM_WORDS) : '' }]
        : [];
    });
  } catch {
    return []; // Proxies and gateways answer in HTML.
  }
}
