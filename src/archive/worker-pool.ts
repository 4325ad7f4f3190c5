import { Worker } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { workerFile } from '../foundation/index.ts';
import { reviveFailure } from './worker-answer.ts';
import type { WorkerAnswer } from './worker-answer.ts';

interface Task<Request, Result> {
  readonly request: Request;
  readonly transfer: readonly Transferable[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads of one kind, started when first needed and reused. Idle ones do not keep the process alive. Requests
 * wait in order of arrival when all threads are busy.
 */
export class WorkerPool<Request, Result> {
  readonly #name: string;
  readonly #size: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Task<Request, Result>>();
  readonly #waiting: Task<Request, Result>[] = [];

  /** `name` is that of the bundle (`workerFile`). */
  constructor(name: string, size: number) {
    this.#name = name;
    this.#size = size;
  }

  /** How many requests are worked on at once. */
  get size(): number {
    return this.#size;
  }

  /** Has a thread answer the request. Rejects with what the thread threw. */
  run(request: Request, transfer: readonly Transferable[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, transfer, resolve, reject });
      this.#assign();
    });
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#start() : undefined);
      if (worker === undefined) return;
      const task = this.#waiting.shift()!;
      try {
        worker.postMessage(task.request, task.transfer);
      } catch (error) {
        this.#idle.push(worker);
        task.reject(error);
        continue;
      }
      worker.ref();
      this.#busy.set(worker, task);
    }
  }

  #start(): Worker {
    // execArgv is for the main thread: a loader or an inspector there must not start again here.
    const worker = new Worker(workerFile(this.#name), { execArgv: [] });
    worker.unref();
    worker.on('message', (answer: WorkerAnswer<Result>) => {
      const task = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#idle.push(worker);
      worker.unref();
      if (answer.ok) task?.resolve(answer.result);
      else task?.reject(reviveFailure(answer.error));
      this.#assign();
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`The worker thread ${this.#name} ended with exit code ${code}`)));
    return worker;
  }

  /** A dying thread reports both an error and its exit: the first one counts. */
  #lose(worker: Worker, error: unknown): void {
    const task = this.#busy.get(worker);
    this.#busy.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    task?.reject(error);
    this.#assign();
  }
}
