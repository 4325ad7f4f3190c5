import { TspackError } from '../index.ts';

/** Why work stops when the user or the system asks for it. */
export class Interruption extends TspackError<'INTERRUPTED'> {
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super({ code: 'INTERRUPTED', message: `Stopped by ${signal === 'SIGINT' ? 'Ctrl-C' : signal}` });
    this.exitCode = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
  }
}
