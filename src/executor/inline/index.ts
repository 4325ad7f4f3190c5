/**
 * The executor that needs nothing: it runs processes right here, as the user that we are, among our own files. For
 * phases that run inside a build image already. It hides registry credentials in variables, and nothing else. And the
 * workshop that changes the root of such a container from within, where we are its root.
 *
 * @packageDocumentation
 */
export { createInlineExecutor } from './inline-executor.ts';
export type { InlineOptions } from './inline-executor.ts';
export { createInlineWorkshop } from './inline-workshop.ts';
export type { InlineWorkshop, InlineWorkshopOptions } from './inline-workshop.ts';
