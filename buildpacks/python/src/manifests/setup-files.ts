/** `python_requires` of a setup.cfg, or of a setup.py where it is a plain text; the files are read, never run. */
export function readPythonRequires(setupCfg: string | undefined, setupPy: string | undefined): string | undefined {
  const declared = /^\s*python_requires\s*=\s*(\S.*)$/m.exec(setupCfg ?? '')?.[1]?.trim();
  return declared ?? /\bpython_requires\s*=\s*(["'])([^"'\n]*)\1/.exec(setupPy ?? '')?.[2];
}
