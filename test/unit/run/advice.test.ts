import { describe, expect, it } from 'vitest';
import { advise } from '../../../src/run/advice.ts';

describe('advise', () => {
  it('says nothing where nothing follows from the words', () => {
    expect(advise('something else went wrong')).toBe('');
  });

  it('asks for no exemption from what our own policies deny', () => {
    expect(advise("ValidatingAdmissionPolicy 'kubernetes-executor-jobs' denied request: no")).toBe('');
  });

  it('goes by what the kubelet says of an image, whatever the registry says', () => {
    expect(advise('ErrImagePull for image node:24: pull access denied')).toContain('access to that registry');
  });

  it.each([
    ["ValidatingAdmissionPolicy 'theirs' with binding 'theirs' denied request: no", 'Exempt namespace'],
    ["'kubernetes-executor-pods' denied request: one container", 'Something alters the pod'],
    [
      'jobs.batch "x" is forbidden: unable to create new content in namespace kubernetes-executor because it is being terminated',
      'Wait until that namespace is gone',
    ],
  ])('goes by whose policy it is, and by what it says: %s', (words, advice) => {
    expect(advise(words)).toContain(advice);
  });
});
