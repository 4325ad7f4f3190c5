import { serverMissing, startMissing } from '../errors.ts';
import { findDjangoProject } from './django.ts';
import { MAIN_FILES } from './main-files.ts';
import { readModule } from './python-source.ts';
import { findWebApplication, type ServerInterface, type SourceTree } from './web-application.ts';

/** What is known of the built application. */
export interface BuiltApplication {
  readonly tree: SourceTree;
  /** Normalised names of the installed packages. */
  readonly packages: ReadonlySet<string>;
  /** Programs that the application's own project installs. */
  readonly scripts: readonly string[];
}

/** The process that serves the application. */
export interface StartProcess {
  readonly command: readonly string[];
  /** What was chosen and why, for the log. */
  readonly explanation: string;
  readonly warning: { readonly message: string; readonly nextStep: string } | undefined;
}

const PORT = '"${PORT:-8080}"';

/**
 * Decides what the image runs: a Django project, a web application by its object, a program of the project, a package with a
 * `__main__`, a well-known file. The source is read, never run. Throws `PYTHON_START_MISSING` and `PYTHON_SERVER_MISSING`.
 */
export function chooseStart(application: BuiltApplication): StartProcess {
  const found =
    startDjango(application) ?? startStreamlit(application) ?? startWebApplication(application) ?? startScript(application) ?? startFile(application);
  if (found !== undefined) return found;
  throw startMissing([
    'a Procfile',
    'manage.py',
    'a Flask, FastAPI or other web application',
    'a script in pyproject.toml',
    'a package with __main__.py',
    'main.py',
    'app.py',
  ]);
}

function startDjango(application: BuiltApplication): StartProcess | undefined {
  const project = findDjangoProject(application.tree);
  if (project === undefined) return undefined;
  const { wsgi, asgi } = project;
  const why = (module: string) => `a Django project with ${module}`;
  // What only asynchronous servers can run says so by the server that it brings.
  const wsgiServer = wsgi === undefined ? undefined : serve('wsgi', wsgi, { name: 'application' }, application, why(wsgi));
  const asgiServer = asgi === undefined ? undefined : serve('asgi', asgi, { name: 'application' }, application, why(asgi));
  const development: StartProcess = {
    command: shell(`python manage.py runserver --noreload 0.0.0.0:${PORT}`),
    explanation: 'python manage.py runserver: a Django project',
    warning: {
      message: "Django's own server is for development: it is slow, and was never reviewed for security",
      nextStep: 'Add gunicorn to the packages.',
    },
  };
  return wsgiServer ?? asgiServer ?? development;
}

function startStreamlit({ tree, packages }: BuiltApplication): StartProcess | undefined {
  if (!packages.has('streamlit')) return undefined;
  const file = ['streamlit_app.py', ...MAIN_FILES].find((name) => tree.isFile(name) && readModule(tree.read(name)).imports.has('streamlit'));
  if (file === undefined) return undefined;
  return {
    command: shell(`streamlit run ${file} --server.address 0.0.0.0 --server.port ${PORT} --server.headless true --browser.gatherUsageStats false`),
    explanation: `streamlit run ${file}: it imports streamlit`,
    warning: undefined,
  };
}

function startWebApplication(application: BuiltApplication): StartProcess | undefined {
  const web = findWebApplication(application.tree);
  if (web === undefined) return undefined;
  const why = `${web.file} ${web.isFactory ? `has a function ${web.name} that makes` : `has ${web.name},`} a ${web.framework} application`;
  const served = serve(web.interface, web.module, web, application, why);
  if (served !== undefined) return served;
  const place = `${web.module}:${web.name}`;
  if (web.framework === 'Flask') {
    return {
      command: shell(`flask --app ${place} run --host 0.0.0.0 --port ${PORT}`),
      explanation: `flask --app ${place} run: ${why}`,
      warning: { message: "Flask's own server is for development: it is slow, and was never reviewed for security", nextStep: 'Add gunicorn to the packages.' },
    };
  }
  // It may bring its server along in code: `uvicorn.run(app)`.
  if (/__name__\s*==\s*["']__main__["']/.test(application.tree.read(web.file))) return undefined;
  throw serverMissing(place, web.framework, web.interface === 'asgi' ? 'uvicorn' : 'gunicorn');
}

/** The command of the first server among the packages that speaks the interface. */
function serve(
  kind: ServerInterface,
  module: string,
  web: { readonly name: string; readonly isFactory?: boolean; readonly folder?: string | undefined },
  { packages, tree }: BuiltApplication,
  why: string,
): StartProcess | undefined {
  const { name, isFactory = false, folder } = web;
  const place = `${module}:${name}`;
  const called = isFactory ? `'${place}()'` : place;
  const commands: Readonly<Record<ServerInterface, Readonly<Record<string, string>>>> = {
    asgi: {
      uvicorn: `uvicorn ${isFactory ? '--factory ' : ''}${folder === undefined ? '' : `--app-dir ${folder} `}${place} --host 0.0.0.0 --port ${PORT}`,
      hypercorn: `hypercorn ${called} --bind 0.0.0.0:${PORT}`,
      granian: `granian --interface asgi ${isFactory ? '--factory ' : ''}${place} --host 0.0.0.0 --port ${PORT}`,
      daphne: `daphne --bind 0.0.0.0 --port ${PORT} ${place}`,
    },
    wsgi: {
      gunicorn: `gunicorn ${called} --bind 0.0.0.0:${PORT}${folder === undefined ? '' : ` --pythonpath ${folder}`}${gunicornOptions(tree)}`,
      waitress: `waitress-serve ${isFactory ? '--call ' : ''}--listen=0.0.0.0:${PORT} ${place}`,
      granian: `granian --interface wsgi ${isFactory ? '--factory ' : ''}${place} --host 0.0.0.0 --port ${PORT}`,
    },
  };
  const server = Object.keys(commands[kind]).find((candidate) => packages.has(candidate));
  return server === undefined ? undefined : { command: shell(commands[kind][server]!), explanation: `${server} ${called}: ${why}`, warning: undefined };
}

/** Without a file of settings: workers are watched through shared memory, because /tmp may be missing, and requests are logged. */
function gunicornOptions(tree: SourceTree): string {
  return tree.isFile('gunicorn.conf.py') ? '' : ' --worker-tmp-dir /dev/shm --access-logfile -';
}

function startScript({ scripts }: BuiltApplication): StartProcess | undefined {
  const [script, ...others] = scripts;
  if (script === undefined || others.length > 0) return undefined;
  return { command: [script], explanation: `${script}: the script of pyproject.toml`, warning: undefined };
}

function startFile({ tree }: BuiltApplication): StartProcess | undefined {
  const file = MAIN_FILES.find((name) => tree.isFile(name));
  if (file !== undefined) return { command: ['python', file], explanation: `python ${file}: it is there`, warning: undefined };
  const packages = tree.list('.').filter((name) => tree.isFile(`${name}/__main__.py`));
  if (packages.length !== 1) return undefined;
  return { command: ['python', '-m', packages[0]!], explanation: `python -m ${packages[0]!}: it has a __main__.py`, warning: undefined };
}

/** A shell fills in the port and makes way for the server, which so gets the signals itself. */
function shell(line: string): readonly string[] {
  return ['sh', '-c', `exec ${line}`];
}
