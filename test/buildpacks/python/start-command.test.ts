import { describe, expect, it } from 'vitest';
import { readModule } from '../../../buildpacks/python/src/start/python-source.ts';
import { chooseStart } from '../../../buildpacks/python/src/start/start-command.ts';
import { openSourceTree } from '../../../buildpacks/python/src/source-tree.ts';
import { folderWith } from './folder.ts';

const start = (files: Readonly<Record<string, string>>, packages: readonly string[] = [], scripts: readonly string[] = []) => {
  using app = folderWith(files);
  const { command, warning } = chooseStart({ tree: openSourceTree(app.path), packages: new Set(packages), scripts });
  const line = command[0] === 'sh' ? command[2]! : command.join(' ');
  return { line: line.replaceAll('"${PORT:-8080}"', 'PORT').replace(' --worker-tmp-dir /dev/shm --access-logfile -', ''), warned: warning !== undefined };
};
const flask = 'from flask import Flask\n\napp = Flask(__name__)\n';
const fastapi = 'import fastapi\n\napi: fastapi.FastAPI = fastapi.FastAPI(title="x")\n';
const factory = 'from flask import Flask\n\ndef create_app(config=None, **more):\n    app = Flask(__name__)\n    return app\n';
const manage = "import django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')\n";

describe('chooseStart()', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
    ['Flask', { 'app.py': flask }, ['flask', 'gunicorn'], 'exec gunicorn app:app --bind 0.0.0.0:PORT'],
    ['Flask with waitress', { 'main.py': flask }, ['flask', 'waitress'], 'exec waitress-serve --listen=0.0.0.0:PORT main:app'],
    ['FastAPI by another name', { 'main.py': fastapi }, ['uvicorn'], 'exec uvicorn main:api --host 0.0.0.0 --port PORT'],
    ['FastAPI with hypercorn', { 'main.py': fastapi }, ['hypercorn'], 'exec hypercorn main:api --bind 0.0.0.0:PORT'],
    ['FastAPI in a package', { 'app/__init__.py': '', 'app/main.py': fastapi }, ['uvicorn'], 'exec uvicorn app.main:api --host 0.0.0.0 --port PORT'],
    ['FastAPI below src', { 'src/main.py': fastapi }, ['uvicorn'], 'exec uvicorn --app-dir src main:api --host 0.0.0.0 --port PORT'],
    ['a package below src', { 'src/shop/app.py': flask }, ['gunicorn'], 'exec gunicorn shop.app:app --bind 0.0.0.0:PORT --pythonpath src'],
    ['a factory', { 'shop/__init__.py': factory }, ['gunicorn'], "exec gunicorn 'shop:create_app()' --bind 0.0.0.0:PORT"],
    [
      'an asynchronous factory',
      { 'main.py': factory.replaceAll(/Flask|flask/g, (name) => (name === 'Flask' ? 'Quart' : 'quart')) },
      ['uvicorn'],
      'exec uvicorn --factory main:create_app --host 0.0.0.0 --port PORT',
    ],
    [
      'the object before a factory',
      { 'shop/__init__.py': factory, 'wsgi.py': 'from shop import create_app\napplication = create_app()\n' },
      ['gunicorn'],
      'exec gunicorn wsgi:application --bind 0.0.0.0:PORT',
    ],
    ['the well-known name of two', { 'main.py': `${flask}admin = Flask('admin')\n` }, ['gunicorn'], 'exec gunicorn main:app --bind 0.0.0.0:PORT'],
    [
      'Django',
      { 'manage.py': manage, 'shop/wsgi.py': '', 'shop/asgi.py': '', 'shop/settings/dev.py': '' },
      ['django', 'gunicorn', 'uvicorn'],
      'exec gunicorn shop.wsgi:application --bind 0.0.0.0:PORT',
    ],
    [
      'Django with an asynchronous server',
      { 'manage.py': manage, 'shop/wsgi.py': '', 'shop/asgi.py': '' },
      ['django', 'daphne'],
      'exec daphne --bind 0.0.0.0 --port PORT shop.asgi:application',
    ],
    [
      'Streamlit',
      { 'app.py': 'import streamlit as st\nst.write(1)\n' },
      ['streamlit'],
      'exec streamlit run app.py --server.address 0.0.0.0 --server.port PORT --server.headless true --browser.gatherUsageStats false',
    ],
    ['a web application that brings its server', { 'main.py': `${fastapi}\nif __name__ == "__main__":\n    serve(api)\n` }, [], 'python main.py'],
    ['a file', { 'bot.py': 'print(1)\n' }, [], 'python bot.py'],
    ['a package', { 'worker/__main__.py': 'print(1)\n' }, [], 'python -m worker'],
  ])('starts %s', (_, files, packages, line) => {
    expect(start(files, packages)).toEqual({ line, warned: false });
  });

  it('leaves the settings of gunicorn to its file', () => {
    using app = folderWith({ 'app.py': flask, 'gunicorn.conf.py': 'workers = 4\n' });
    expect(chooseStart({ tree: openSourceTree(app.path), packages: new Set(['gunicorn']), scripts: [] }).command[2]).toBe(
      'exec gunicorn app:app --bind 0.0.0.0:"${PORT:-8080}"',
    );
  });

  it('takes a server for development only with a warning', () => {
    expect(start({ 'app.py': flask }, ['flask'])).toEqual({ line: 'exec flask --app app:app run --host 0.0.0.0 --port PORT', warned: true });
    expect(start({ 'manage.py': manage, 'shop/wsgi.py': '' }, ['django'])).toEqual({
      line: 'exec python manage.py runserver --noreload 0.0.0.0:PORT',
      warned: true,
    });
  });

  it('starts the one script of a project', () => {
    expect(start({ 'x.py': '' }, [], ['serve']).line).toBe('serve');
    expect(() => start({ 'x.py': '' }, [], ['serve', 'migrate'])).toThrow('Cannot tell how to start the application');
  });
});

describe('readModule()', () => {
  it('sees neither texts nor comments nor what functions do', () => {
    const facts = readModule(
      `"""\napp = Flask()\n"""\n# app = Flask()\nx = 'app = Flask(' "\\"app = Flask("\ndef f():\n    inner = Flask()\n    import requests\nNAME = "value" # words\n`,
    );
    expect(facts.calls).toEqual([]);
    expect([...facts.imports]).toEqual(['requests']);
    expect(facts.assigned.has('NAME')).toBe(true);
  });

  it('counts functions that need no arguments', () => {
    expect(readModule('def a(): pass\ndef b(x): pass\nasync def c(x=1, *y): pass\nclass D:\n    def e(): pass\n').functions).toEqual(['a', 'c']);
  });
});
