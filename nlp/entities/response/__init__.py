"""Response: 疗效评价PR, 评效SD, 部分缓解, 病情进展, 术后复发, 病灶较前缩小. See component, patterns and model."""
