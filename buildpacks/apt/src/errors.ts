import { TspackError, type BuildTarget } from '../../../src/sdk/index.ts';

export function aptfileInvalid(place: string, text: string, reason: string): TspackError {
  return new TspackError({
    code: 'APT_FILE_INVALID',
    message: `Cannot read ${JSON.stringify(text)} in ${place}: ${reason}`,
    nextStep: 'Name packages of Debian, one a line, such as "ffmpeg" or "ffmpeg=7:7.1.1-1".',
  });
}

export function architectureForeign(place: string, text: string, architecture: string, isTypo: boolean): TspackError {
  return new TspackError({
    code: 'APT_ARCHITECTURE_FOREIGN',
    message: `Cannot install ${JSON.stringify(text)} of ${place}: the image is for ${architecture}`,
    nextStep: isTypo ? `Write ":${architecture}", or leave the architecture out.` : 'Leave the architecture out, or build for it with --platform.',
  });
}

export function distributionUnsupported({ name, version }: NonNullable<BuildTarget['distribution']>): TspackError {
  return new TspackError({
    code: 'APT_DISTRIBUTION_UNSUPPORTED',
    message: `Cannot install packages on ${name} ${version}: this buildpack has the archives of Debian 13 alone, and libraries of two distributions do not mix`,
    nextStep: 'Use a builder on Debian 13, such as "base", or leave out Aptfile and BP_APT_PACKAGES.',
  });
}
