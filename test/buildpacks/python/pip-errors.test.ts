import { describe, expect, it } from 'vitest';
import { pipFailed } from '../../../buildpacks/python/src/pip-errors.ts';

const failed = (tail: string) => pipFailed({ action: 'install the packages of requirements.txt', command: 'pip install', exit: 'exit status 1', tail });

describe('pipFailed()', () => {
  it.each([
    ['PIP_INTEGRITY', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', 'an archive differs from its hash'],
    ['PIP_HASH_MISSING', 'ERROR: Hashes are required in --require-hashes mode, but they are missing', 'some requirements have hashes'],
    [
      'PIP_UNAUTHORIZED',
      'WARNING: 401 Error, Credentials not correct for https://index.test/simple/\nERROR: No matching distribution found for mine',
      'refused the request',
    ],
    [
      'PIP_UNREACHABLE',
      "Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for flask",
      'NewConnectionError',
    ],
    [
      'PIP_NOT_FOUND',
      'ERROR: Could not find a version that satisfies the requirement flask==99 (from versions: 1.0)\nERROR: No matching distribution found for flask==99',
      '"flask==99"',
    ],
    ['PIP_PYTHON_UNFIT', "ERROR: Package 'shop' requires a different Python: 3.13.5 not in '<3.12'", '"shop" wants Python <3.12, and this is 3.13.5'],
    ['PIP_CONFLICT', 'The conflict is caused by:\nERROR: ResolutionImpossible: for help visit', 'contradict each other'],
    [
      'PIP_COMPILE_FAILED',
      '      fast.c:2:10: fatal error: libpq-fe.h: No such file or directory\nERROR: Failed building wheel for fast',
      'the file "libpq-fe.h" is missing',
    ],
    [
      'PIP_COMPILE_FAILED',
      '      Error: pg_config executable not found.\nerror: metadata-generation-failed',
      'a tool is missing ("pg_config executable not found"',
    ],
    ['PIP_COMPILE_FAILED', '      fast.c:2:1: error: unknown type name\n  ERROR: Failed building wheel for fast\n', '"fast" could not be built'],
    ['PIP_GIT_FAILED', "ERROR: Cannot find command 'git' - do you have 'git' installed", 'git repository'],
    [
      'PIP_NOT_FOUND',
      'ERROR: Could not find a version that satisfies the requirement flsk (from versions: none)\nERROR: No matching distribution found for flsk',
      'nothing for "flsk", or did not answer',
    ],
    ['PIP_FAILED', 'something else', ''],
  ])('says %s', (code, tail, because) => {
    const error = failed(tail);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^Cannot install the packages of requirements\.txt: pip install ended with exit status 1/);
    expect(error.message).toContain(because);
    expect(error.nextStep).toMatch(/\.$/);
  });
});
