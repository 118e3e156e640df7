/** What an exception of the edges means for the run. */
import { ApiError, CredentialsError, cannotServe, messageOf, NoAnswer } from '../cluster/errors.ts';
import { clip } from '../spec/problems.ts';
import { Ended, type Ending } from './ending.ts';

const LONGEST_PAGE = 300;

export function endingOf(error: unknown, server: string): Ending {
  if (error instanceof Ended) return error.ending;
  if (error instanceof NoAnswer) {
    const hint = 'Check the address, the network between runner and cluster, proxies and certificates.';
    return {
      result: 'failed',
      reasonCode: 'cluster-unreachable',
      message: `no answer from ${server}: ${error.message}. ${hint}`,
    };
  }
  if (error instanceof CredentialsError) {
    return { result: 'failed', reasonCode: 'credentials-invalid', message: error.message };
  }
  if (error instanceof ApiError && cannotServe(error)) {
    return {
      result: 'failed',
      reasonCode: 'cluster-unreachable',
      message: `${server} is up but fails (HTTP ${error.status}), also when asked again: ${error.message}. Run again when it has recovered.`,
    };
  }
  if (error instanceof ApiError && error.status === 401) {
    const hint = 'The credentials are expired, revoked, or of another cluster.';
    return {
      result: 'failed',
      reasonCode: 'credentials-invalid',
      message: `${server} does not accept the credentials: ${error.message}. ${hint}`,
    };
  }
  if (error instanceof ApiError && error.status === 403) {
    return {
      result: 'refused',
      reasonCode: 'permission-missing',
      message: `${server} refused: ${error.message}`,
    };
  }
  if (error instanceof ApiError) return unexpected(error, server);
  return { result: 'failed', reasonCode: 'internal-error', message: messageOf(error) };
}

/** An answer that no stage has a use for. */
function unexpected({ status, isStatus, message }: ApiError, server: string): Ending {
  const said = `${server} answered HTTP ${status}: `;
  if (isStatus) return { result: 'failed', reasonCode: 'internal-error', message: `${said}${message}` };
  // HTML comes with line breaks and indentation.
  const page = clip(message.replace(/\s+/g, ' ').trim(), LONGEST_PAGE).replace(/\.$/, '');
  const hint = `Is ${server} the address of a Kubernetes API server, with https:// and without a proxy or sign-in page before it?`;
  return { result: 'failed', reasonCode: 'cluster-unreachable', message: `${said}${page}. ${hint}` };
}
