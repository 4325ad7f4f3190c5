import tseslint from 'typescript-eslint';

/** Effects sit at the edges: a room gets these as inputs. */
const EDGE_READS = [
  { object: 'process', property: 'env', message: 'Take the environment as an input: src/cli/process.ts reads it.' },
  { object: 'process', property: 'cwd', message: 'Take the working directory as an input: src/cli/process.ts reads it.' },
  { object: 'process', property: 'umask', message: 'Give modes to what you write: the umask must not matter.' },
  { object: 'Date', property: 'now', message: 'Take a Clock as an input (src/foundation).' },
];

/** What only the command may do. */
const COMMAND_ONLY = [
  { object: 'process', property: 'exit', message: 'Throw a TspackError: src/cli decides how the process ends.' },
  { object: 'process', property: 'stdout', message: 'Emit an event: only src/cli writes to the terminal.' },
  { object: 'process', property: 'stderr', message: 'Emit an event: only src/cli writes to the terminal.' },
];

const NO_DEFAULT_EXPORTS = { selector: 'ExportDefaultDeclaration', message: 'Name the export: index.ts lists names.' };
const NO_NEW_DATE = { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Take a Clock as an input (src/foundation).' };

/** The edges themselves. */
const EDGES = [
  'src/cli/process.ts',
  'src/cli/lifecycle.ts',
  // The entry of a buildpack's own process.
  'src/sdk/run-buildpack.ts',
  'src/sdk/testing/**/*.ts',
  // Where the clock that others are given comes from.
  'src/foundation/events.ts',
  // Compare with the times that the file system writes.
  'src/store/lock.ts',
  'src/archive/tree-fingerprint.ts',
  // Sets the umask of a sandbox, which is inherited.
  'src/executor/bubblewrap/spawn-bubblewrap.ts',
  'src/executor/inline/run-process.ts',
  'src/executor/bubblewrap/arguments.ts',
];

export default tseslint.config(
  { ignores: ['dist/', 'dist.*/', 'node_modules/', 'coverage/', 'samples/', 'test/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-control-regex': 'error',
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORTS],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],

      // It walks recursive types (TOML's, JSON's) for ever.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // noUncheckedIndexedAccess asks for them where an index was just computed.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Arrows that call for an effect, and async functions that satisfy an interface, read well.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/require-await': 'off',
      // Our ports are records of functions in method notation: nothing is bound to `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Types of Node and of libraries promise more than what arrives.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      // What was caught is thrown on as it is.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // A literal beside string documents what else may come.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // Decoders quote unknown values as they came.
      '@typescript-eslint/no-base-to-string': 'off',
      // Counting code points is what terminals ask for.
      '@typescript-eslint/no-misused-spread': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: EDGES,
    rules: {
      'no-restricted-properties': ['error', ...EDGE_READS, ...COMMAND_ONLY],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORTS, NO_NEW_DATE],
    },
  },
  { files: ['src/cli/**/*.ts'], ignores: EDGES, rules: { 'no-restricted-properties': ['error', ...EDGE_READS] } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Matchers of `expect` are typed `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-deprecated': 'off',
      'no-console': 'off',
    },
  },
  // vitest and ambient modules want default exports.
  {
    files: ['*.config.ts', 'test/support/build-dist.ts', 'test/support/acceptance-home.ts', '**/*.d.ts'],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-extraneous-class': 'off' },
  },
);
