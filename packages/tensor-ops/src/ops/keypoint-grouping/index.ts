export {
  type GroupKeypointsOptions,
  groupKeypoints,
  groupKeypointsAsync,
  type KeypointGroups,
} from './keypoint-grouping';
export { registerKeypointGrouping } from './register-keypoint-grouping';
