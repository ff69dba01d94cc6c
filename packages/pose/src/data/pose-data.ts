/** Data of a training as it is given, and what is learned from it and scored with it. */
import { type CocoDataset, type CocoId, type DataReport, dataReport } from '@icconv/coco';
import { checkKeypoints, poseCategory } from './coco-poses';

/** A COCO data set and where its pictures lie. */
export interface PoseData {
  readonly dataset: CocoDataset;
  readonly folder: string;
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
}

/**
 * What `trainPose` learns from, and what it scores.
 *
 * @throws InvalidArgumentError where the category is not there, or has other keypoints in the two; CocoMismatchError for another number of keypoints than it has.
 */
export function poseReports(
  train: PoseData,
  val: PoseData | undefined,
  category?: string,
): { readonly train: DataReport; readonly val?: DataReport } {
  const { keypoints = [] } = poseCategory(train.dataset, category);
  if (val !== undefined) checkKeypoints({ keypoints }, poseCategory(val.dataset, category));
  return {
    train: poseReport(train, 'training', category),
    ...(val !== undefined && { val: poseReport(val, 'evaluation', category) }),
  };
}

/** Of one of them. @throws as {@link poseReports}. */
export function poseReport(
  { dataset, imageIds }: Omit<PoseData, 'folder'>,
  use: DataReport['use'],
  category?: string,
): DataReport {
  const { id } = poseCategory(dataset, category);
  return dataReport(dataset, {
    ...{ task: 'keypoints', use, categoryIds: [id] },
    ...(imageIds !== undefined && { imageIds }),
  });
}
