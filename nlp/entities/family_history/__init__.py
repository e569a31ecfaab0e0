"""Cancers of relatives: 父亲患肺癌, 母亲因胃癌去世, 否认家族肿瘤史. See component, patterns and model."""
