"""Smoking and drinking with amounts: 吸烟30年，20支/日，已戒5年; 无烟酒嗜好; 饮白酒2两/日20年. See component, patterns and model."""
