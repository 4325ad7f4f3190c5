/** Files that a Python application is started by, in the order in which they count. */
export const MAIN_FILES = ['main.py', 'app.py', 'server.py', 'application.py', 'run.py', 'wsgi.py', 'asgi.py', 'start.py', 'bot.py', '__main__.py'] as const;
