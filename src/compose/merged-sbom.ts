import { downloadMergedSbom, findImage } from '../platform/index.ts';
import { openSbomStore } from '../store/index.ts';
import type { FindImagePorts, ImageLocation, MergedSbomRequest } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** Finds the image and writes its merged bill of materials. */
export async function writeMergedSbom(
  machine: Machine,
  location: ImageLocation,
  request: MergedSbomRequest,
  ports: FindImagePorts,
): Promise<readonly string[]> {
  const home = machine.home();
  return await downloadMergedSbom(await findImage(location, ports), request, { home, sboms: openSbomStore(home), version: machine.version });
}
