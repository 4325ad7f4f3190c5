import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { temporaryBeside } from '../foundation/index.ts';
import { encodeLayerTar } from './layer-tar-encoder.ts';
import type { LayerTarSpec } from './layer-tar.ts';
import { TarSink } from './tar-sink.ts';
import { walkFingerprint } from './tree-fingerprint.ts';
import type { FingerprintRequest, LayerTarRequest, LayerTarResult } from './tree-request.ts';
import { answerRequests } from './worker-answer.ts';

answerRequests((request: LayerTarRequest | FingerprintRequest) => {
  if ('directory' in request) return walkFingerprint(request.directory);
  const { spec, outputPath } = request;
  return outputPath === undefined ? encode(spec, undefined) : encodeToFile(spec, outputPath);
});

function encodeToFile(spec: LayerTarSpec, outputPath: string): LayerTarResult {
  const temporary = temporaryBeside(outputPath);
  try {
    const file = openSync(temporary, 'wx', 0o644);
    let result: LayerTarResult;
    try {
      result = encode(spec, file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, outputPath);
    return result;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function encode(spec: LayerTarSpec, file: number | undefined): LayerTarResult {
  const sink = new TarSink(file);
  encodeLayerTar(spec, sink);
  const { digest, sizeBytes } = sink.finish();
  return { diffId: digest, sizeBytes };
}
